"""What a template may print, and how: names, links, gifts, money and dates."""
