set nocompatible backspace=indent,eol,start ruler showcmd incsearch
set expandtab tabstop=8 shiftwidth=2
