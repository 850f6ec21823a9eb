"""The API's description (OpenAPI 3.1): what each route takes and answers, held to the routes by tests."""
