"""The BiLSTM selector as a graph made for inference: for serving, without XLA, at any length."""
