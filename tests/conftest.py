"""How hard tests with generated input try: ALLIANCE_WATCH_TEST_PROFILE names the profile.

ordinary    a quick look with every run, the default
thorough    many more cases, for `make test-chaos`
"""

from __future__ import annotations

import os

from hypothesis import settings

# No deadlines: other tests share the machine.
settings.register_profile("ordinary", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("ALLIANCE_WATCH_TEST_PROFILE", "ordinary"))
