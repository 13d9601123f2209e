# Yours to change. What every shell here has already is in /etc/bash.bashrc.
