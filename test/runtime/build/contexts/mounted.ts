// RUN --mount beyond the plain ones: what variables name, caches and their parts, secrets, and what commands may.

import type { Cases } from './case.ts';

export const mounted: Cases = {
  'an option of RUN that is nearly one': 'FROM scratch\nRUN --mont=target=/mytmp,type=tmpfs /bin/true\n',
  'a key of a mount that is nearly one': 'FROM scratch\nRUN --mount=typ=tmpfs,target=/t /bin/true\n',
  'a kind of mount that is nearly one': 'FROM scratch\nRUN --mount=type=tmp,target=/t /bin/true\n',
  'a cache by a target of variables':
    'FROM busybox\nENV PLACE=/c\nRUN --mount=type=cache,target=/c touch /c/one\nRUN --mount=type=cache,target=$PLACE ls $PLACE >/x\nRUN --mount=type=cache,target=${PLACE}2 ls /c2 >/y\n',
  'a mount whose kind is an argument':
    'FROM busybox\nARG KIND=cache\nRUN --mount=type=$KIND,target=/kind touch /kind/one\nRUN --mount=type=cache,target=/kind ls /kind >/x\n',
  'mounts by variables of the stage below':
    'FROM busybox AS below\nENV ID=stage-cache KIND=cache\nRUN --mount=type=cache,id=stage-cache,target=/a touch /a/one\nRUN --mount=type=$KIND,id=$ID,target=/b ls /b >/x\nFROM below\nRUN --mount=type=$KIND,id=$ID,target=/other ls /other >/y\n',
  'a mount by an argument before the first stage':
    'ARG PLACE=/tmp/meta\nFROM busybox\nARG PLACE\nRUN --mount=type=cache,id=meta,target=/tmp/meta touch /tmp/meta/one\nRUN --mount=type=cache,id=meta,target=$PLACE ls /tmp/meta >/x\n',
  'a mount from a variable':
    'FROM busybox AS made\nFROM busybox\nENV FROM=made\nRUN --mount=from=$FROM,type=cache,target=/t ls\n',
  'memory in the place of shared memory':
    'FROM busybox\nRUN --mount=type=tmpfs,target=/dev/shm,size=128m df -k /dev/shm | tail -1 | awk "{print \\$2}" >/x\n',
  'the context twice': {
    dockerfile:
      'FROM busybox\nRUN --mount=source=.,target=/tmp/all \\\n  --mount=source=b,target=/tmp/b \\\n  cat /tmp/all/a /tmp/b >/x\n',
    make: 'echo 1 >a && echo 2 >b',
  },
  'caches in caches, of two stages at once':
    'FROM busybox AS one\nRUN --mount=type=cache,target=/n/a --mount=type=cache,target=/n/a/b touch /n/a/x /n/a/b/y && ls /n/a >/x\nFROM busybox AS two\nRUN --mount=type=cache,target=/n/a --mount=type=cache,target=/n/a/b test -d /n/a/b && echo 2 >/x\nFROM scratch\nCOPY --from=one /x /one\nCOPY --from=two /x /two\n',
  'a part of a cache':
    'FROM busybox\nRUN --mount=type=cache,id=parts,target=/c mkdir -p /c/sel/deep && echo 1 >/c/sel/f && ln -s sel /c/link\nRUN --mount=type=cache,id=parts,target=/v,source=sel ls /v >/a && touch /v/new\nRUN --mount=type=cache,id=parts,target=/v,source=sel/f cat /v >/b\nRUN --mount=type=cache,id=parts,target=/v,source=/link/deep/.. ls /v >/c1\nRUN --mount=type=cache,id=parts,target=/v,source=sel,ro,uid=5,mode=0700 stat -c "%a %u" /v >/d; touch /v/x || echo no >>/d\n',
  'a part of a cache that is not there':
    'FROM busybox\nRUN --mount=type=cache,id=no-parts,target=/v,source=sel ls /v\n',
  'a secret in place of a variable': {
    dockerfile:
      'FROM busybox\nENV S=own\nRUN --mount=type=secret,id=s,env=S echo "$S" >/a; ls /run/secrets >/b 2>&1 || echo none >>/b\nRUN echo "$S" >/c\n',
    make: 'printf pw >../secret-variable',
    options: ['--secret id=s,src=../secret-variable'],
  },
  'a secret as a file and as a variable': {
    dockerfile:
      'FROM busybox\nRUN --mount=type=secret,id=s,target=/run/secrets/other,env=S test "$S" = pw && cat /run/secrets/other >/a && ls /run/secrets >>/a\n',
    make: 'printf pw >../secret-both',
    options: ['--secret id=s,src=../secret-both'],
  },
  'a secret by its target alone': {
    dockerfile:
      'FROM busybox\nRUN --mount=type=secret,required=false,mode=741,uid=100,gid=102,target=/mine stat -c "%u %g %f" /mine >/x\nRUN test ! -e /mine && echo gone >/y\n',
    make: 'printf pw >../secret-target',
    options: ['--secret id=mine,src=../secret-target'],
  },
  'what a command may':
    'FROM busybox\nRUN grep -E "^(CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):" /proc/self/status >/x\n',
  'more for a command is refused': 'FROM busybox\nRUN --security=insecure true\n',
  'as much as usual for a command is an option that is none': 'FROM busybox\nRUN --security=sandbox true\n',
  'a device for a command': 'FROM busybox\nRUN --device=vendor1.example/device=foo,required true\n',
  'more than a daemon gives': { dockerfile: 'FROM busybox\nRUN true\n', options: ['--allow security.insecure'] },
  'the host’s network, which is allowed': {
    dockerfile:
      'FROM busybox\nRUN --network=host ls /sys/class/net | grep -c docker0 >/x\nRUN ls /sys/class/net | grep -c docker0 >/y || true\n',
    options: ['--allow network.host'],
  },
  'the host’s network, by an option': {
    dockerfile:
      'FROM busybox\nRUN ls /sys/class/net | grep -c docker0 >/x\nRUN --network=none ls /sys/class/net >/y\nRUN --network=default ls /sys/class/net | grep -c docker0 >/z\n',
    options: ['--network host'],
  },
};
