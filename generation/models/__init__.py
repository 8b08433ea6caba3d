from generation.models.sessions import GenerationSession, Preset, Round, Take

__all__ = ["GenerationSession", "Preset", "Round", "Take"]
