"""Networks that turn frames into features: GoogLeNet pool5 and keras.applications, their weights,
decode and inference side by side.
"""
