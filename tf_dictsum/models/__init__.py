"""The submodels of the method and the model that trains them."""
