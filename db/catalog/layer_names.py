"""The region layers that every build has."""

BUILT_IN_LAYERS = ("country", "continent", "study_region", "protected", "biome", "grid")
# Layers without outlines of their own, by the layer that they are put together from.
MADE_OF = {"continent": "country", "study_region": "country"}
