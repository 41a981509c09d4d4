"""The drill: bugs put into the sources one at a time, to see whether the tests catch them."""
