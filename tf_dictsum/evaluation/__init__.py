"""From files of scores to tables, files and pictures that say what the scores are worth."""
