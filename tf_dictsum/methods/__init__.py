"""One file per summarization method, behind one small interface."""
