"""An honest fake of one Google Cloud project, for tests that run the real gcloud.

    with FakeGoogle() as google:
        gcloud = Gcloud(google.environ(tmp_path), tmp_path)
        gcloud("services", "enable", "run.googleapis.com")
        assert google.lines == ["POST serviceusage /v1/projects/…/run.googleapis.com:enable"]

Nothing in it answers from a script: requests change its state and reads return it. What it knows of
Google comes from documents, reports and gcloud's own requests; a choice of ours is marked as such.
"""

from tests.google.containers import Containers
from tests.google.fake import FakeGoogle
from tests.google.gcloud import Gcloud, Outcome
from tests.google.request import Request
from tests.google.stand_in_docker import install_docker

__all__ = ["Containers", "FakeGoogle", "Gcloud", "Outcome", "Request", "install_docker"]
