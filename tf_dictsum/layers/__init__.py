"""Recurrent layers whose time loops do only what cannot be done outside them."""
