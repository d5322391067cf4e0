"""The staff pages: what an office does all day, each page one act or one list."""
