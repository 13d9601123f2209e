# Reads the arguments of a shell entry point before it installs or asks anything: --help prints $usage; an option that is not
# there, one without its value, or a word that nothing wants ends with one sentence and exit code 2. Sourced, with $what set to
# the command that the person typed, $flags to its options, and $valued to those that a value follows. $words is empty where it
# takes no other words.

wrong() {
  echo "drydock: $1 See: $what -- --help" >&2
  exit 2
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --help | -h)
        printf '%s\n' "$usage"
        exit 0
        ;;
      -?*)
        name=${1%%=*}
        case " ${flags-} " in
          *" $1 "*)
            shift
            continue
            ;;
          *" $name "*) wrong "$name takes no value." ;;
        esac
        case " ${valued-} " in
          *" $name "*) ;;
          *) wrong "$what has no option $name." ;;
        esac
        if [ "$name" = "$1" ]; then
          [ $# -gt 1 ] || wrong "$name is followed by a value."
          shift
        fi
        ;;
      *) [ -n "${words-}" ] || wrong "$what does not know what to do with $1." ;;
    esac
    shift
  done
}
