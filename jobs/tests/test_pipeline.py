from __future__ import annotations

from jobs.tests.working import *


def test_x(short_film, engines, crew):
    import time
    job = submit(short_film, owner=crew["project_manager"])
    t = time.time()
    job = work(job)
    for s in steps(job).values():
        print(s, s.status, s.took, s.error, s.log)
    print(time.time() - t, text(job, "en", "captions"), text(job, "en", "audio_description"))
    assert job.status == "pending_qc"
    approve(job, actor=crew["reviewer"])
    job = work(job)
    for s in steps(job).values():
        print(s, s.status, s.took, s.error, s.log, s.message)
    workflows.complete(job, actor=crew["project_manager"])
    print(time.time() - t, trail(job), told(job), paid(job), engines.billed, text(job, "es", "captions"))
    print(output(job, "en").checks)
    print(left_over(), invariants.violations())
    assert 0
