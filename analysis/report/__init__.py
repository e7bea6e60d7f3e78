"""Reports: from a readout's content to a page, a picture, a table and a few lines of text."""
