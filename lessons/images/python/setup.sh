# In a container there is no system whose packages pip could break: it installs without being told to.
rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
python --version
pip --version
