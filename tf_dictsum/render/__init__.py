"""Writers of a summary's files, one module per kind of output; `outputs.write_outputs` calls them
by name.
"""
