"""What scores a video: Keras models, their files, and remote ones behind the same face."""
