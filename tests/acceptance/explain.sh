#!/usr/bin/env bash
# timeout: 600
# overlayfuse explain and overlayfuse changes: what README.md shows, on mounts of root, of an ordinary user and in a user namespace, and
# what they refuse with a sentence.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"
overlayfuse() { timeout 30 "$OVERLAYFUSE" "$@"; }

# --- the section of the README: each command is run, and what it prints must stand behind it ---

# Marks are user.overlay.* unless root wrote them.
section() {
  awk '/^## Why is this file what it is\?/ { on = 1; next } /^## / { on = 0 } on' "$root/README.md" |
    if [ "$(id -u)" = 0 ]; then cat; else sed 's/trusted\.overlay/user.overlay/'; fi
}

commands=0 explained=0
run_command() { # the command and the file with what is expected, of which nothing may be left over
  [ -n "$command" ] || return
  commands=$((commands + 1))
  eval "$command" >said 2>&1
  case $command in
    "overlayfuse explain"*) explained=$((explained + 1)); check "readme_${explained}_explain_$(tr -c 'a-z0-9\n' _ <<<"${command##*/}")" diff expected said ;;
    *) check "readme_command_$commands" diff expected said ;;
  esac
}

follow_readme() {
  local line
  command=
  while IFS= read -r line; do
    case $line in
      "    $ "*) run_command; command=${line#    $ }; : >expected ;;
      "    "*) echo "${line#    }" >>expected ;;
      *) run_command; command= ;;
    esac
  done < <(section; echo)
}
umask 022
mkdir readme && cd readme && follow_readme
cd "$scratch"
check readme_shows_ten_situations [ "$explained" = 10 ]

# --- live mounts ---

mkdir lower upper work merged other
m=$scratch/merged
mkdir -p lower/d/sub lower/old
echo one >lower/d/one
echo deep >lower/old/deep
ln -s d/one lower/link
ln -s nowhere lower/dangling
plant() { overlayfuse mount -o lowerdir=lower,upperdir=upper,workdir=work merged; }

says() { # WORDS COMMAND...: success, and the words in what it prints
  local words=$1 said
  shift
  said=$("$@" 2>&1) || { echo "exit code $?: $said"; return 1; }
  grep -qF -- "$words" <<<"$said" || { echo "$said"; return 1; }
}
complains() { # WORDS COMMAND...: exit code 1 and one sentence of ours
  local words=$1 said code
  shift
  said=$("$@" 2>&1)
  code=$?
  echo "$said (exit code $code)"
  [ $code = 1 ] && grep -qF -- "$words" <<<"$said" && grep -q '^overlayfuse: ' <<<"$said" && ! grep -qE '^ +at |Exception|should not have happened' <<<"$said"
}

plant
cd merged
check relative_to_a_directory_inside says "/d/one is a file of layer 1" overlayfuse explain d/one
check a_link_is_explained_itself says "/link is a symbolic link" overlayfuse explain link
check the_way_leads_through_links says "/d/sub is a directory" overlayfuse explain "$m/d/../d/./sub/"
check beneath_what_is_not_there says "no layer has /none" overlayfuse explain none/at/all
check beneath_a_link_to_nowhere says "/dangling is a symbolic link, not a directory" overlayfuse explain dangling/x
check beneath_a_link_to_a_file says "/d/one is a file, not a directory" overlayfuse explain link/x
cd "$scratch"
check several_paths says "/d/sub is" overlayfuse explain merged/d/one merged/d/sub
check one_bad_path_of_two complains "is not in a union" overlayfuse explain merged/d/one lower/d/one
check no_colours_in_a_pipe eval '! overlayfuse explain merged/d/one | grep -q $'\''\033'\'
on_terminal() { script -qec "$*" /dev/null; }
check colours_on_a_terminal eval 'on_terminal env TERM=xterm "$OVERLAYFUSE" explain merged/d/one | grep $'\''\033\[32m'\'' >/dev/null'
check no_colours_where_nobody_wants_them eval '! on_terminal env TERM=xterm NO_COLOR=1 "$OVERLAYFUSE" explain merged/d/one | grep -q $'\''\033'\'
check json_is_json eval 'overlayfuse explain --json merged/d/one merged/none | python3 -c "import json, sys; a = json.load(sys.stdin); assert [x[\"outcome\"] for x in a] == [\"found\", \"absent\"], a"'

odd_names() {
  local name=$'odd \xff\n"name'
  echo new >"merged/$name" && overlayfuse changes -z merged >listed && printf 'A /%s\0' "$name" | cmp - listed || return
  overlayfuse explain "merged/$name" | grep -qF '/odd \xff\x0a"name is a file of the upper.' || return
  overlayfuse changes --json merged | python3 -c 'import base64, json, sys; assert base64.b64decode(json.load(sys.stdin)[0]["path"]["base64"]) == b"/odd \xff\n\"name"' && rm "merged/$name"
}
check names_of_any_bytes odd_names

same_offline() {
  mv merged/old merged/new && echo more >>merged/new/deep && rm merged/d/one && chmod 700 merged/d/sub && mkdir merged/fresh || return
  overlayfuse changes --why merged >live && overlayfuse changes --why -o lowerdir=lower,upperdir=upper >unmounted && diff live unmounted || return
  diff live - <<'LINES' || return
D /d/one  (whiteout)
M /d/sub  (metadata only)
A /fresh  (new)
A /new  (moved from /old)
M /new/deep  (copied up)
D /old  (whiteout)
LINES
  local path
  for path in d/one d/sub new new/deep old fresh none; do
    diff <(overlayfuse explain "merged/$path") <(overlayfuse explain -o lowerdir=lower,upperdir=upper "$path") || return
  done
}
check live_and_unmounted_say_the_same same_offline

# What every path of a tree is said to be is what it is.
agrees() {
  local path
  while IFS= read -r path; do
    if [ -d "merged/$path" ] && [ ! -L "merged/$path" ]; then says "is a directory" overlayfuse explain "merged/$path"
    elif [ -e "merged/$path" ] || [ -L "merged/$path" ]; then says " is a " overlayfuse explain "merged/$path"
    else says "does not exist" overlayfuse explain "merged/$path"; fi || { echo "$path"; return 1; }
  done < <(cd lower && find . -mindepth 1; cd ../upper && find . -mindepth 1)
}
check explanations_agree_with_the_tree agrees

many() {
  mkdir merged/many && (cd merged/many && seq -f 'a-file-with-a-name-of-some-length-%g' 20000 | xargs touch) || return
  [ "$(overlayfuse changes merged | grep -c '^A /many/')" = 20000 ] || return
  local i
  for i in $(seq 8); do overlayfuse changes merged >"list$i" & done
  wait
  for i in $(seq 8); do cmp list1 "list$i" || return; done
  [ "$(grep -c many list1)" = 20001 ]
}
check long_answers_to_several_at_once many

# The upper is walked while it changes: never an error, and in the end the truth.
while_it_changes() {
  (for i in $(seq 60); do mkdir -p merged/busy/a/b && echo "$i" >merged/busy/a/b/f && mv merged/busy/a "merged/busy/c$i" && rm -r "merged/busy/c$i"; done) &
  local busy=$! rounds=0
  while kill -0 $busy 2>/dev/null; do
    overlayfuse changes merged >walked && overlayfuse explain merged/busy/a/b/f >/dev/null || return
    rounds=$((rounds + 1))
  done
  wait $busy && [ $rounds -gt 0 ] && [ "$(overlayfuse changes merged | grep -c busy)" = 1 ]
}
check changes_are_listed_while_they_are_made while_it_changes

check a_directory_of_the_union_is_no_mount_point complains "is not its mount point" overlayfuse changes merged/d
check nothing_of_ours complains "is not in a union of overlayfuse" overlayfuse changes other
check nothing_at_all complains "is not in a union of overlayfuse" overlayfuse explain none
check empty_path complains "is not in a union of overlayfuse" overlayfuse explain ""
check too_long_a_name complains "ENAMETOOLONG" overlayfuse explain "merged/$(printf 'n%.0s' $(seq 300))"
check dots_behind_nothing complains 'Write the path without it' overlayfuse explain merged/none/../d
check unknown_flag complains 'there is no flag "--jsom"' overlayfuse explain --jsom merged
check two_forms_at_once complains "with -o, the layers themselves are compared" overlayfuse changes -o lowerdir=lower,upperdir=upper merged
check changes_without_an_upper complains "no upperdir" overlayfuse changes -o lowerdir=lower
check a_layer_that_is_not_there complains "there is no such directory" overlayfuse explain -o lowerdir=nowhere x
check no_layers complains "lowerdir is missing" overlayfuse explain -o upperdir=upper x
check reasons_and_nul complains "-z cannot be combined" overlayfuse changes -z --why merged

if [ "$(id -u)" = 0 ] && [ -n "$test_user" ]; then
  check a_stranger_is_not_answered complains "only the user who mounted it and root may ask" runuser -u "$test_user" -- timeout 30 "$OVERLAYFUSE" explain "$m/d"
  bound() {
    mount --bind merged/d other && says "/d/sub is a directory" overlayfuse explain other/sub
    local result=$?
    umount other
    return $result
  }
  check through_a_bind_mount_of_a_part bound
fi

dead() {
  kill -KILL "$(daemon_of "$m")" && eventually eval '! ls merged 2>/dev/null' || return
  complains "is dead" overlayfuse explain merged/d && complains "is dead" overlayfuse changes merged
}
check a_dead_mount dead
overlayfuse umount merged

read_only() {
  overlayfuse mount -o lowerdir=lower merged && says "refused: the union has no upper" overlayfuse explain merged/d/one && complains "has no upper" overlayfuse changes merged
  local result=$?
  overlayfuse umount merged
  return $result
}
check without_an_upper read_only

# --- an ordinary user: through fusermount3, and in a user namespace ---

as_ordinary_user() {
  mkdir -p "$1" && cd "$1" && mkdir -p l/d l/old u w m && echo 1 >l/d/f && echo 2 >l/old/g || return
  timeout 30 "$OVERLAYFUSE" mount -o lowerdir=l,upperdir=u,workdir=w m || return
  local said
  mv m/old m/new && chmod 600 m/d/f && said=$(timeout 30 "$OVERLAYFUSE" changes --why m)
  said+=$'\n'$(timeout 30 "$OVERLAYFUSE" explain m/d/f m/new/g)
  timeout 30 "$OVERLAYFUSE" umount m
  echo "$said"
  grep -qF 'A /new  (moved from /old)' <<<"$said" && grep -qF 'M /d/f  (metadata only)' <<<"$said" &&
    grep -qF 'its bytes are /d/f of layer 1 (l)' <<<"$said" && grep -qF 'at /old/g' <<<"$said"
}
export -f as_ordinary_user
export OVERLAYFUSE
if [ "$(id -u)" != 0 ] || [ -n "$test_user" ]; then
  mkdir -m 777 theirs && chmod 777 theirs
  check an_ordinary_user as_user bash -c "as_ordinary_user '$scratch/theirs/plain'"
  check in_a_user_namespace as_user unshare -Urm bash -c "as_ordinary_user '$scratch/theirs/namespace'"
fi
