# A login shell reads this file; an interactive one that is no login shell reads ~/.bashrc. Here they are the same.
if [ -n "${BASH-}" ] && [ -r ~/.bashrc ]; then . ~/.bashrc; fi
