// RUN: shells, users, heredocs, mounts, networks, and what a command leaves in its layer.

import type { Cases } from './case.ts';

export const executed: Cases = {
  'a shell and a list':
    'FROM busybox\nRUN echo "$HOME $0" >/a\nRUN ["/bin/sh", "-c", "echo \\"$HOME\\" >/b"]\nRUN ["touch", "/c d"]\n',
  'a list of one word with spaces': 'FROM busybox\nRUN ["echo a"]\n',
  'a list of nothing': 'FROM busybox\nRUN []\n',
  'a program that is not there': 'FROM busybox\nRUN ["/nosuch"]\n',
  'a command that the shell does not find': 'FROM busybox\nRUN nosuchcommand\n',
  'a command that fails': 'FROM busybox\nRUN echo some && exit 7\n',
  'a command that ends itself': 'FROM busybox\nRUN kill -9 $$\n',
  'a shell of its own':
    'FROM busybox\nSHELL ["/bin/ash", "-euxc"]\nRUN echo $- >/x\nSHELL ["/bin/echo"]\nRUN not a command\n',
  'what the image says is not run': 'FROM busybox\nENTRYPOINT ["false"]\nCMD ["false"]\nRUN echo fine >/x\n',
  'PATH where the image has none':
    'FROM busybox AS b\nFROM scratch\nCOPY --from=b / /\nRUN ["sh", "-c", "echo $PATH >/x"]\n',
  'variables that it sees':
    'FROM busybox\nARG A=1\nENV B=2\nRUN env | grep -E "^(A|B|PATH|HOME|HOSTNAME|PWD|SHLVL|TERM)=" | grep -v HOSTNAME | sort >/x\n',
  users:
    'FROM busybox\nRUN mkdir -m 777 /w && echo "me:x:500:501:Me:/home/me:/bin/sh" >>/etc/passwd && echo "more:x:502:me" >>/etc/group\nUSER me\nRUN id >/w/a; echo $HOME >>/w/a\nUSER 500\nRUN id >/w/b\nUSER me:more\nRUN id >/w/c\nUSER 7:8\nRUN id >/w/d\nUSER :502\nRUN id >/w/e\n',
  'groups of users':
    'FROM busybox\nRUN mkdir -m 777 /w && id >/w/root\nUSER 1234\nRUN id >/w/number\nUSER 1234:1234\nRUN id >/w/both\nUSER daemon\nRUN id >/w/name\nUSER root\nRUN id >/w/again; id -Gn >>/w/again\n',
  'a user that is not there': 'FROM busybox\nUSER nosuch\nRUN true\n',
  'a group that is not there': 'FROM busybox\nUSER root:nosuch\nRUN true\n',
  'what one may not write': 'FROM busybox\nUSER daemon\nRUN touch /etc/x\n',
  'what is made, changed and removed':
    'FROM busybox\nRUN mkdir -p /d/e && echo 1 >/d/a && echo 2 >/d/b && ln /d/a /d/hard && ln -s a /d/soft && mkfifo /d/p\nRUN rm /d/a && mv /d/b /d/c && chmod 700 /d/e && chown 1:2 /d/c\nRUN rm -r /d/e && mkdir /d/e && touch /d/e/new && rm /d/soft && ln -s c /d/soft\n',
  'a directory in the place of a file, and the other way':
    'FROM busybox\nRUN mkdir /a && echo >/a/x && echo >/b\nRUN rm -r /a /b && echo >/a && mkdir /b && echo >/b/x\n',
  'a directory in the place of a link':
    'FROM busybox\nRUN mkdir /t && ln -s /t /l\nRUN rm /l && mkdir /l && echo >/l/x\n',
  'modes and owners':
    'FROM busybox\nRUN mkdir /m && cd /m && for n in 0 111 444 1755 2755 4755 7777; do touch f$n; chmod $n f$n; mkdir d$n; chmod $n d$n; done; chown -R 12:34 /m/d7777\n',
  'large numbers of users': 'FROM busybox\nRUN touch /x && chown 65534:65533 /x\n',
  'names of all kinds':
    'FROM busybox\nRUN mkdir /n && cd /n && touch -- "a b" "-x" "é" "日本" "$(printf \'t\\tt\')" "quote\'d" \'back\\slash\' "$(printf \'%0200d\' 0)"\n',
  'files with holes':
    'FROM busybox\nRUN truncate -s 3000000 /hole && printf end | dd of=/hole bs=1 seek=1000000 conv=notrunc 2>/dev/null\n',
  'heredocs with variables':
    "FROM busybox\nARG A=1\nENV B=2\nCOPY <<EOF /x\n$A ${B} \\$A `b` \"q\" 's' \\\\\nEOF\nCOPY <<'EOF' /y\n$A ${B} \\$A\nEOF\nRUN <<EOF\nC=3\necho $A $B $C >/z\nEOF\n",
  'heredocs that are copied':
    'FROM busybox\nWORKDIR /w\nCOPY <<a <<b <<"c d" ./\n1\na\n2\nb\n3\nc d\nCOPY --chmod=700 --chown=3:4 <<run /bin/run\n#!/bin/sh\nrun\nADD <<EOF /added\nadded\nEOF\n',
  'a heredoc that does not end': 'FROM busybox\nRUN <<EOF\necho\n',
  'what is no heredoc':
    'FROM busybox\nRUN sh -c "cat <<<x" || echo no >/x\nRUN echo "<<EOF" >/y\nRUN echo $((1<<3)) >/z\n',
  'a heredoc in a variable’s words': 'FROM busybox\nENV N=name\nCOPY <<$N /x\nnot taken\n$N\n',
  'a mount of the context': {
    dockerfile:
      'FROM busybox\nRUN --mount=target=/c cp -r /c/d /x && ! touch /c/new\nRUN --mount=target=/c,source=d,rw touch /c/new && ls /c >/y\n',
    make: 'mkdir d && echo 1 >d/f',
  },
  'a mount of a stage':
    'FROM busybox AS s\nRUN mkdir /s && echo 1 >/s/f\nFROM busybox\nRUN --mount=from=s,source=/s,target=/m cat /m/f >/x\nRUN --mount=from=s,target=/all ls /all/s >/y\nRUN --mount=from=busybox,source=etc/passwd,target=/p cp /p /z\n',
  'a mount of what is not there': 'FROM busybox\nRUN --mount=source=nosuch,target=/m true\n',
  'a mount without a target': 'FROM busybox\nRUN --mount=type=cache true\n',
  'a mount of a kind that is none': 'FROM busybox\nRUN --mount=type=nosuch,target=/x true\n',
  'a mount with a key that is none': 'FROM busybox\nRUN --mount=type=tmpfs,target=/x,colour=red true\n',
  'a mount of memory':
    'FROM busybox\nRUN --mount=type=tmpfs,target=/t/u,size=1m df -k /t/u | tail -1 | awk "{print \\$2}" >/x; touch /t/u/gone; stat -c %a /t/u >>/x\n',
  'mounts over what is there':
    'FROM busybox\nRUN mkdir /d && echo kept >/d/f\nRUN --mount=type=tmpfs,target=/d ls /d | wc -l >/x\n',
  'two mounts at one place':
    'FROM busybox\nRUN --mount=type=tmpfs,target=/a --mount=type=cache,target=/a/b touch /a/x /a/b/y && ls /a >/x\n',
  'mounts with variables':
    'FROM busybox AS s\nRUN mkdir /s && echo 1 >/s/f\nFROM busybox\nARG F=s\nENV T=/m\nRUN --mount=from=s,source=/$F,target=$T cat /m/f >/x\n',
  'caches by their target and their name':
    'FROM busybox\nRUN --mount=type=cache,target=/c touch /c/one\nRUN --mount=type=cache,target=/c ls /c >/a\nRUN --mount=type=cache,target=/d,id=/c ls /d >/b\nRUN --mount=type=cache,target=/c,id=other ls /c >/c1\n',
  'caches with owners and modes':
    'FROM busybox\nRUN --mount=type=cache,target=/c,uid=1001,gid=1002,mode=0751 stat -c "%a %u:%g" /c >/x\nRUN --mount=type=cache,target=/c2 stat -c "%a %u:%g" /c2 >/y\n',
  'caches that may only be read': 'FROM busybox\nRUN --mount=type=cache,target=/c,ro touch /c/x\n',
  'a secret that is not given': 'FROM busybox\nRUN --mount=type=secret,id=s ls /run/secrets 2>&1 | wc -l >/x\n',
  'a secret that must be there': 'FROM busybox\nRUN --mount=type=secret,id=s,required=true true\n',
  'a secret': {
    dockerfile:
      'FROM busybox\nRUN --mount=type=secret,id=s cat /run/secrets/s >/a; stat -c "%a %u:%g" /run/secrets/s >>/a\nRUN --mount=type=secret,id=s,target=/x/y,uid=3,gid=4,mode=0444 stat -c "%a %u:%g" /x/y >/b\nRUN --mount=type=secret,id=s,env=S echo $S >/c\n',
    make: 'echo hush >../secret-file',
    options: ['--secret id=s,src=../secret-file'],
  },
  'no network':
    'FROM busybox\nRUN --network=none ip link | grep -c mtu >/x\nRUN --network=default ip link | grep -c mtu >/y\n',
  'no network, by an option': {
    dockerfile: 'FROM busybox\nRUN ip link | grep -c mtu >/x\n',
    options: ['--network none'],
  },
  'the host’s network is refused': 'FROM busybox\nRUN --network=host true\n',
  'a network that is none': 'FROM busybox\nRUN --network=nosuch true\n',
  'a file with a host’s name':
    'FROM busybox\nRUN cat /etc/hostname 2>/dev/null || echo mine >/etc/hostname\nRUN cat /etc/hostname\n',
  'a host’s name and more names': {
    dockerfile: 'FROM busybox\nRUN grep -c added.example /etc/hosts >/x\n',
    options: ['--add-host added.example:10.1.2.3'],
  },
  'a host name': {
    dockerfile: 'FROM busybox\nRUN hostname >/x; echo $HOSTNAME >>/x; grep -c chosen /etc/hosts >>/x\n',
    options: ['--build-arg BUILDKIT_SANDBOX_HOSTNAME=chosen'],
  },
  'the size of shared memory, and limits': {
    dockerfile: 'FROM busybox\nRUN df -k /dev/shm | tail -1 | awk "{print \\$2}" >/x; ulimit -n >>/x\n',
    options: ['--shm-size 32m', '--ulimit nofile=111:222'],
  },
  'an option of RUN that is none': 'FROM busybox\nRUN --nosuch true\n',
  'options behind the command': 'FROM busybox\nRUN echo --mount=type=x >/x\n',
  'a process that stays behind': 'FROM busybox\nRUN sleep 100 & echo fine >/x\n',
  'standard input is empty': 'FROM busybox\nRUN cat >/x; echo "$?" >>/x; test -t 0 || echo no terminal >>/x\n',
};
