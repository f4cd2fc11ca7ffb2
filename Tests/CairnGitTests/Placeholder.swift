import CairnGit
