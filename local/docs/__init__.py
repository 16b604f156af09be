"""The generator of the reference pages: everything on them is read from the code that it describes."""
