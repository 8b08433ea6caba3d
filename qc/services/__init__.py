"""Use cases of checking. Each noun has its module."""
