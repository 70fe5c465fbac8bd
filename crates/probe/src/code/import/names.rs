//! Names that ecosystems fix: modules that come with the language, and packages whose modules are called otherwise.
//!
//! Sources: `sys.stdlib_module_names` of CPython 3.11 with the modules that 3.12 removed; `module.builtinModules` of Node.js;
//! the metadata of the packages on PyPI for the differing names. A package that is not in the table is taken to be called
//! like its module.

/// Modules of Python itself.
pub(super) const PYTHON: &str = "
    __future__ abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb
    binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections
    colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses
    dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno
    faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass
    gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io
    ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math
    mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers
    opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib
    poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri
    random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil
    signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl
    stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile
    telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace
    traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings
    wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
    _typeshed
";

/// Modules of Node.js itself.
pub(super) const NODE: &str = "
    assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns
    domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring
    readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib bun
";

/// A module of Python, and the packages that may bring it.
pub(super) const DIFFERENT: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome pycrypto"),
    ("Levenshtein", "python-levenshtein levenshtein"),
    ("MySQLdb", "mysqlclient"),
    ("OpenSSL", "pyopenssl"),
    ("PIL", "pillow"),
    ("apscheduler", "apscheduler"),
    ("attr", "attrs"),
    ("barcode", "python-barcode"),
    ("bs4", "beautifulsoup4"),
    ("cairosvg", "cairosvg"),
    ("confluent_kafka", "confluent-kafka"),
    ("consul", "python-consul"),
    ("corsheaders", "django-cors-headers"),
    ("cv2", "opencv-python opencv-python-headless opencv-contrib-python"),
    ("dateutil", "python-dateutil"),
    ("debug_toolbar", "django-debug-toolbar"),
    ("decouple", "python-decouple"),
    ("discord", "discord-py"),
    ("dns", "dnspython"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("engineio", "python-engineio"),
    ("environ", "django-environ"),
    ("faiss", "faiss-cpu faiss-gpu"),
    ("fitz", "pymupdf"),
    ("flask_sqlalchemy", "flask-sqlalchemy"),
    ("gi", "pygobject"),
    ("git", "gitpython"),
    ("github", "pygithub"),
    ("gitlab", "python-gitlab"),
    ("grpc", "grpcio"),
    ("grpc_status", "grpcio-status"),
    ("jenkins", "python-jenkins"),
    ("jose", "python-jose"),
    ("jwt", "pyjwt"),
    ("kafka", "kafka-python"),
    ("ldap", "python-ldap"),
    ("magic", "python-magic"),
    ("markdown", "markdown"),
    ("memcache", "python-memcached"),
    ("mistune", "mistune"),
    ("mpl_toolkits", "matplotlib"),
    ("multipart", "python-multipart"),
    ("nacl", "pynacl"),
    ("passlib", "passlib"),
    ("pkg_resources", "setuptools"),
    ("pptx", "python-pptx"),
    ("prometheus_client", "prometheus-client"),
    ("psycopg", "psycopg psycopg-binary"),
    ("psycopg2", "psycopg2 psycopg2-binary"),
    ("pydantic_core", "pydantic-core pydantic"),
    ("pylab", "matplotlib"),
    ("pythonjsonlogger", "python-json-logger"),
    ("redis", "redis"),
    ("rest_framework", "djangorestframework"),
    ("ruamel", "ruamel-yaml"),
    ("sentry_sdk", "sentry-sdk"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slugify", "python-slugify"),
    ("snappy", "python-snappy"),
    ("socketio", "python-socketio"),
    ("socks", "pysocks"),
    ("starlette", "starlette fastapi"),
    ("telegram", "python-telegram-bot"),
    ("tree_sitter", "tree-sitter"),
    ("ulid", "python-ulid ulid-py"),
    ("usb", "pyusb"),
    ("win32api", "pywin32"),
    ("wx", "wxpython"),
    ("xdist", "pytest-xdist"),
    ("yaml", "pyyaml"),
    ("zmq", "pyzmq"),
];

/// Packages that are used without being imported: servers, drivers that are named in an address, plugins, types, tools.
pub(super) const BY_NAME: &[&str] = &[
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "asyncpg",
    "aiosqlite",
    "aiomysql",
    "pymysql",
    "psycopg",
    "psycopg2",
    "psycopg2-binary",
    "psycopg-binary",
    "mysqlclient",
    "python-multipart",
    "email-validator",
    "greenlet",
    "uvloop",
    "httptools",
    "websockets",
    "pip",
    "setuptools",
    "wheel",
    "alembic",
    "celery",
    "flower",
    "ruff",
    "black",
    "mypy",
    "isort",
    "flake8",
    "pylint",
    "bandit",
    "pre-commit",
    "tox",
    "nox",
    "coverage",
    "pytest",
    "tzdata",
    "cryptography",
    "bcrypt",
    "orjson",
    "ujson",
    "lxml",
    "hiredis",
    "itsdangerous",
    "jinja2",
    "whitenoise",
    "typescript",
    "eslint",
    "prettier",
    "vite",
    "tslib",
    "react-dom",
    "sass",
    "postcss",
    "autoprefixer",
    "tailwindcss",
    "sharp",
    "pg",
    "mysql2",
    "sqlite3",
    "reflect-metadata",
];
