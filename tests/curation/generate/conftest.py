import importlib.util
import sys
from pathlib import Path

# importmode=importlib has no package for tests: load the server module by path, once
_spec = importlib.util.spec_from_file_location("generate_mock_server", Path(__file__).with_name("mock_server.py"))
_module = importlib.util.module_from_spec(_spec)
sys.modules["generate_mock_server"] = _module
_spec.loader.exec_module(_module)
