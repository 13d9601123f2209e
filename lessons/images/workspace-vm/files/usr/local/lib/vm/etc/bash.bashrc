# What the virtual machine's shell reads: its prompt, and the marks that the workspace's own shells make (OSC 133).

__drydock_ran=
__drydock_prompt() {
  local status=$?
  if [[ -n $__drydock_ran ]]; then printf '\e]133;D;%s\a' "$status"; fi
  __drydock_ran=
}
PROMPT_COMMAND=(__drydock_prompt)
PS0='\e]133;C\a${__drydock_ran:$((__drydock_ran=1, 0)):0}'
PS1='\[\e]133;A\a\]\[\e[1;33m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ \[\e]133;B\a\]'

# The machine has no power switch that a program could reach, but a reset, at which QEMU ends.
alias poweroff='reboot -f' halt='reboot -f'

boot-vm() { echo 'This is the virtual machine already.'; }
