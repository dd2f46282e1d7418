# What runs on the other side of a connection: one POSIX shell that reads requests from its standard
# input, does them one after the other, and answers each. `remote.rs` sends this text and the requests.
#
# A request is a line `OPERATION MARK COUNT SIZE`, COUNT lines with one argument each, bytes other than
# letters, digits and a few signs written as \0OOO for printf(1), and SIZE bytes of payload. The answer
# is what the operation prints, then a line `MARK STATUS`, what it prints to standard error, and a line
# `MARK`. The mark is random and new in every request: nothing that was there before can hold it.
#
# Arguments are data: each is expanded in double quotes only, and is an absolute path, a checked name
# of a program, or the argument of one.

umask 022
set -f
unset CDPATH IFS
LC_ALL=C
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
exec 3>&1

answer() {
  printf '\n%s %s\n%s\n%s\n' "$mark" "$1" "${problem%.}" "$mark"
}

# Runs a command with the payload as its input. All of the payload is read, whatever the command does,
# for the next request stands behind it. No more than that is ever there to be read by mistake: the
# next request is sent after the answer.
payload() {
  if [ "$size" -eq 0 ]; then
    "$@" </dev/null
  else
    head -c "$size" | {
      "$@"
      code=$?
      cat >/dev/null
      (exit "$code")
    }
  fi
}

do_read() {
  cat -- "$1"
}

do_list() {
  ls -A -- "$1/." >/dev/null && cd -- "$1/." || return 1
  set +f
  for name in * .*; do
    if [ -d "./$name" ] && [ ! -L "./$name" ]; then
      continue
    fi
    if [ -e "./$name" ] || [ -L "./$name" ]; then
      printf '%s\000' "$name"
    fi
  done
}

do_real() {
  ls -d -- "$1/." >/dev/null && cd -P -- "$1/." && pwd -P
}

do_make() {
  mkdir -p -- "$1"
}

do_rename() {
  # mv(1) would move into a folder.
  is_no_folder "$2" && mv -f -- "$1" "$2"
}

do_remove() {
  [ -L "$1" ] || is_no_folder "$1" && rm -f -- "$1"
}

is_no_folder() {
  [ ! -d "$1" ] && return
  echo 'Is a directory' >&2
  return 1
}

do_sync() {
  # Some know no arguments and sync everything, with status 0; some refuse them.
  if sync / 2>/dev/null; then
    sync "$1"
  else
    sync
  fi
}

do_write() {
  fill "$2" && dress "$1" "$2" && do_sync "$2" && return
  rm -f -- "$2"
  return 1
}

fill() {
  rm -f -- "$1" && (umask 077 && set -C && cat >"$1") || return 1
  if [ "$(wc -c <"$1")" -ne "$size" ]; then
    echo 'only a part of it arrived' >&2
    return 1
  fi
}

# Gives the second file owner, group and mode of the first.
dress() {
  if [ ! -e "$1" ]; then
    chmod 644 "$2"
    return
  fi
  fresh=$2
  set -- $(ls -ldnL -- "$1")
  [ "$#" -gt 4 ] || return 1
  mode=u=$(bits "${1#?}"),g=$(bits "${1#????}"),o=$(bits "${1#???????}")
  owner=$3:$4
  set -- $(ls -ldn -- "$fresh")
  [ "${3-}:${4-}" = "$owner" ] || chown "$owner" "$fresh" && chmod "$mode" "$fresh"
}

# `rwx` of `rws------`.
bits() {
  printf %.3s "$1" | tr st xx | tr -d ST-
}

do_run() {
  env "$@"
}

# The lock is held by the shell itself, and ends with it. Later requests are served in here, so that
# the file stays open: each lock is one level deeper.
lock() {
  if ! problem=$( (: >>"$1") 2>&1); then
    answer 1
    return
  fi
  opened=
  {
    opened=1
    if problem=$(flock -n 9 2>&1); then
      answer 0
      serve
      exit
    elif [ -z "$problem" ]; then
      answer locked
    else
      answer 1
    fi
  } 9>>"$1"
  [ -n "$opened" ] || answer 1
}

serve() {
  while read -r operation mark count size; do
    set --
    while [ "$count" -gt 0 ]; do
      IFS= read -r word || exit
      # The full stop keeps newlines at the end, which the substitution would cut.
      word=$(printf '%b.' "$word")
      set -- "$@" "${word%.}"
      count=$((count - 1))
    done
    problem=
    case $operation in
      run) program=$1 ;;
      lock) program=flock ;;
      *) program=cat ;;
    esac
    if ! command -v "$program" >/dev/null 2>&1; then
      payload :
      answer missing
    elif [ "$operation" = lock ]; then
      lock "$1"
    else
      problem=$(
        payload "do_$operation" "$@" 2>&1 >&3 3>&-
        code=$?
        printf .
        exit "$code"
      )
      answer "$?"
    fi
  done
}

hello() {
  problem=
  # What everything else rests on.
  [ "$(printf '%b' '\0101\0102' | head -c 1)" = A ]
  answer "$?"
}
