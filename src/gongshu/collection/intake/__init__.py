"""Ways in which data come in other than as a file that somebody hands over. No module here knows Django."""
