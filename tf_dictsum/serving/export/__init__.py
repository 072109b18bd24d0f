"""From a trained selector to a SavedModel that is proved before it is published."""
