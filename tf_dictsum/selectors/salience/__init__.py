"""Salience as a graph that can be exported and served."""
