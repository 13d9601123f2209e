// Texts that stand in the Dockerfile itself: as files, as scripts, as what commands read.

import type { Cases } from './case.ts';

export const heredocs: Cases = {
  'a heredoc with quotes and backslashes': String.raw`FROM scratch
COPY <<EOF /quotes
"in" 'quotes'
EOF
COPY <<EOF /one
\
EOF
COPY <<EOF /two
\\
EOF
COPY <<EOF /dollar
\$
EOF
COPY <<"EOF" /raw-one
\
EOF
COPY <<"EOF" /raw-two
\\
EOF
COPY <<"EOF" /raw-dollar
\$
EOF
`,
  'a heredoc for a shell of its own': `FROM busybox
SHELL ["/bin/awk"]
RUN <<EOF
BEGIN { print "by awk" >"/x" }
EOF
`,
  'heredocs that name what runs them': `FROM busybox
WORKDIR /w
RUN <<EOF
#!/bin/awk -f
BEGIN { print "one" >"./a" }
EOF
RUN <<EOF
#!/bin/sh -e
echo "$-" >b
EOF
`,
  // The line that names it is looked for before the tabs are taken away.
  'a heredoc that names what runs it behind a tab': `FROM busybox
RUN <<-EOF
	#!/bin/awk -f
	BEGIN {
		print "two" >"/b"
	}
EOF
`,
  'heredocs for commands in a pipe': `FROM busybox
WORKDIR /w
RUN cat <<ONE | tr a-z A-Z >./one; \\
  cat <<TWO | tr A-Z a-z >./two
some Words
ONE
Other WORDS
TWO
`,
  'heredocs at other numbers than standard input': `FROM busybox
WORKDIR /w
RUN <<EOF 3<<IN1 4<<IN2 awk -f -
BEGIN {
  while ((getline line < "/proc/self/fd/3") > 0) print "3 " line >"./three"
  while ((getline line < "/proc/self/fd/4") > 0) print "4 " line >"./four"
}
EOF
some words
IN1
other words
IN2
`,
  'heredocs with tabs, kept and taken away': `FROM busybox
COPY <<EOF /d/copy
	kept
EOF
COPY <<-EOF /d/copy-less
	taken
EOF
RUN <<EOF
echo "
	kept" >/d/run
EOF
RUN <<-EOF
echo "
	taken" >/d/run-less
EOF
RUN <<EOF
#!/bin/sh
echo "
	kept" >/d/script
EOF
RUN <<-EOF
	#!/bin/sh
	echo "
		taken" >/d/script-less
EOF
RUN <<EOF sh >/d/shell
echo "
	kept"
EOF
RUN <<-EOF sh >/d/shell-less
echo "
	taken"
EOF
`,
  'heredocs with variables, in quotes of all kinds': `FROM busybox
ARG who=all
COPY <<EOF /d/plain
to \${who}, '\${who}', "\${who}"
EOF
COPY <<'EOF' /d/single
to \${who}, '\${who}', "\${who}"
EOF
COPY <<"EOF" /d/double
to \${who}, '\${who}', "\${who}"
EOF
RUN <<EOF
word=to
echo "\${word} \${who}" >/d/run
EOF
RUN <<EOF
who="others"
echo "to \${who}" >/d/own
EOF
`,
};
