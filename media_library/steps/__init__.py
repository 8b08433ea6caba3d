"""Steps of work on assets. Pipelines of other apps use them for assets of their own: see `AssetStep`."""
