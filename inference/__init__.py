"""Chips, model, training, prediction, polygons and evaluation of the segmentation."""
