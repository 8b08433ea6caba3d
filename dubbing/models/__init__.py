from dubbing.models.dubs import Dub, DubLine, DubSpeaker
from dubbing.models.processing import ProcessingJob, VoiceClone

__all__ = ["Dub", "DubLine", "DubSpeaker", "ProcessingJob", "VoiceClone"]
