"""Reading video files with PyAV (extra `video`): `reader.VideoFile`; which frames are sampled:
`sampling`.
"""
