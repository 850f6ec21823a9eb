"""Check rules: one small file a theme, all of them in one plain dict."""
