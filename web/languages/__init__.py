"""The languages of the pages: which one a reader gets, its texts, its dates and numbers."""
