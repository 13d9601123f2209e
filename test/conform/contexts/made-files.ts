// What the Go code of buildah's cases makes in their contexts, as shell scripts, by the cases' names.

const owned = (folder: string): string =>
  `mkdir ${folder}; printf 'test content' >${folder}/should-be-owned-by-root; cp ${folder}/should-be-owned-by-root ${folder}/should-be-owned-by-99
chmod 640 ${folder}/*; chown 99:99 ${folder}/should-be-owned-by-99`;

/** `set name of the mode, mode` of each special bit. */
const special = (make: string): string =>
  `for k in setuid:4755 setgid:2755 sticky:1755; do n=\${k%:*} m=\${k#*:}; ${make}; done`;

const attributed = (name: string): string =>
  `printf 'test content' >${name}; chmod 640 ${name}; python3 -c 'import os; os.setxattr("${name}", "user.a", b"test")'`;

export const madeFiles: Readonly<Record<string, string>> = {
  'copy-escape-glob': `cd app; mkdir 'jkl?' 'n?pe' 'st*uv'
printf another >'jkl?/file.txt'; printf 'and also' >'n?pe/file.txt'; printf 'and yet' >'st*uv/file.txt'`,
  'add-permissions': `${owned('archive')}
printf whatever >archived-root; cp archived-root archived-99; chmod 640 archived-*
tar --owner=0 --group=0 -cf archive.tar archived-root; tar --owner=99 --group=99 -rf archive.tar archived-99`,
  'copy-permissions': owned('subdir').replaceAll('should-be', 'would-be'),
  'copy-permissions-implicit': owned('subdir').replaceAll('should-be', 'would-be'),
  'setuid-file-in-context': special(`f=should-be-$n-file; printf 'test content' >$f; chmod $m $f`),
  'setuid-file-in-archive': `mkdir x; cd x
${special('printf whatever >$n-file; mkdir $n-dir; chmod $m $n-file $n-dir')}
cd ..; tar --owner=0 --group=0 -C x -cf archive.tar .; rm -r x`,
  'xattrs-file-in-context': attributed('xattrs-file'),
  'xattrs-file-in-archive': `${attributed('xattr-file')}; tar --xattrs -cf archive.tar xattr-file; rm xattr-file`,
  'xattrs-file-in-other-stage': attributed('xattrs-file'),
};
