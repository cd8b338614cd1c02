"""How files are found, identified and taken apart into chunks: the inside of `sources.files`."""
