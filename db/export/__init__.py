"""What leaves the database: Parquet, GeoPackage, CSV, styles, STAC, DuckLake."""
