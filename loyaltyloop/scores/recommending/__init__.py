"""Products for a cohort: sources, filters, reasons."""
