"""Open311 GeoReport v2: reports of other programs in, published reports out."""
