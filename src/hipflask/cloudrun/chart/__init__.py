"""The chart of cost against traffic, as SVG and PNG, in English and Chinese."""
