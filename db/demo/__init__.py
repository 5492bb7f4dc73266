"""The demo world: one planted truth from which every input of a build is rendered."""

from quarrydb.demo.scale import Scale
from quarrydb.demo.world import World, make_world
from quarrydb.demo.write import PARTS, write_demo

__all__ = ["PARTS", "Scale", "World", "make_world", "write_demo"]
