"""`hipflask new`: copies the starter into a project of its own. Knows no other room."""

from hipflask.scaffold.create import NewProject, create_project
from hipflask.scaffold.names import check_name

__all__ = ["NewProject", "check_name", "create_project"]
