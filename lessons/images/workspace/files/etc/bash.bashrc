# What every interactive bash reads, student's and root's alike: the prompt, its marks, history, completion.

[[ $- == *i* ]] || return

shopt -s checkwinsize histappend
HISTCONTROL=ignoreboth
HISTSIZE=5000
HISTFILESIZE=10000

# Marks that say where prompt, command and output begin, and how a command ended (OSC 133, as many terminals know them).
# They print nothing. D comes only after C, so an empty line or a new shell tells of no command.
__drydock_ran=
__drydock_prompt() {
  local status=$?
  if [[ -n $__drydock_ran ]]; then
    # A program that was killed may have left modes on. Leaving the alternate screen puts the cursor where it was saved, so it
    # is saved first: on the normal screen it stays. Only after a failure, because xterm.js forgets then that a row is full.
    # The rest moves nothing: cursor keys, mouse, focus reports, keypad; wrapping, cursor, insert mode, characters, colours.
    if ((status != 0)); then printf '\e7\e[r\e8\e[?1049l'; fi
    printf '\e[?1;9;1000;1002;1003;1004;1005;1006;1015l\e>\e[?7;25h\e[4l\e(B\e[m'
    printf '\e]133;D;%s\a' "$status"
    __drydock_ran=
    history -a
  fi
}
PROMPT_COMMAND=(__drydock_prompt)
# The expansion of nothing sets the variable: PS0 is expanded in this shell, after a command is read and before it runs.
PS0='\e]133;C\a${__drydock_ran:$((__drydock_ran=1, 0)):0}'
PS1='\[\e]133;A\a\]\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ \[\e]133;B\a\]'

alias ls='ls --color=auto'
alias ll='ls -l'
alias la='ls -la'
alias grep='grep --color=auto'

# Completion takes longer to load than all else here, so it is loaded when Tab is first pressed. It brings its own loader,
# which answers with 124: ask again, the command's completion is known now.
__drydock_completion() {
  . /usr/share/bash-completion/bash_completion
  _comp_complete_load "$@"
}
complete -D -F __drydock_completion -o bashdefault -o default
