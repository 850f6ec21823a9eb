"""What is wrong or missing in a project: `loop doctor` asks each part, and changes nothing."""
