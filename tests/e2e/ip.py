# SPDX-License-Identifier: Apache-2.0
"""`ttfs compile --ip-xact`: the block for a design in OUT/ip. Its IP-XACT says the ports that Yosys finds in the Verilog, the
registers of hw/registers.def, the chip's parameters and files that are there; the bytes are the same each time, kept by
--weights-only, and nothing is written without the option. Verilator finds nothing to complain of in the tops.

Argument `schema`: the documents against the schema of IEEE 1685-2014, whose index.xsd TTFS_TEST_IPXACT names (or a folder that
holds it), by lxml; read by ipyxact, and the registers' SystemRDL by systemrdl-compiler, where these are installed.
"""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import make_registers
from e2e import DIGITS, SOURCE, Case, complaints, need, skip, tree

SPACE = "{http://www.accellera.org/XMLSchema/IPXACT/1685-2014}"
TOPS = ["ttfs_axi", "ttfs_wishbone"]
NETWORK = [os.path.join(DIGITS, "digits_mlp.onnx"), "--calib", os.path.join(DIGITS, "calib.npz"), "--ticks", "15", "--weight-bits", "4"]
CHIP = os.path.join(SOURCE, "rtl", "cocotb", "chip.json")
ACCESS = {"RO": "read-only", "TAKE": "read-only", "WO": "write-only", "RW": "read-write", "W1C": "read-write", "WINDOW": "read-write"}


def texts(element, path):
    return [e.text for e in element.iterfind("/".join(SPACE + p for p in path.split("/")))]


def text(element, path):
    found = texts(element, path)
    return found[0] if found else None


def every(element, name):
    return list(element.iter(SPACE + name))


def ports_of(document):
    """{name: (direction, bits)}."""
    found = {}
    for port in every(document, "port"):
        left, right = text(port, "wire/vectors/vector/left"), text(port, "wire/vectors/vector/right")
        found[text(port, "name")] = (text(port, "wire/direction"), int(left) - int(right) + 1 if left else 1)
    return found


def yosys_ports(case, top):
    path = case.path(top + ".json")
    subprocess.run([need("yosys"), "-q", "-p", "read_verilog -I%s %s; write_json %s" % (case.path("out", "ip"), case.path("out", "ip", top + ".v"), path)],
                   check=True)
    with open(path, encoding="utf-8") as f:
        ports = json.load(f)["modules"][top]["ports"]
    return {name: (port["direction"].replace("put", ""), len(port["bits"])) for name, port in ports.items()}


def check_ports(case, top, document):
    want, got = yosys_ports(case, top), ports_of(document)
    case.equal(got, want, "%s: ports of the description and of the Verilog" % top)
    first = next(iter(got))
    case.check(dict(got, **{first: ("out", 99)}) != want and len(got) > 10, "the comparison of ports cannot fail")
    mapped = [text(m, "physicalPort/name") for m in every(document, "portMap")]
    case.equal(sorted(set(mapped) - set(got)), [], "%s: ports that bus interfaces name and that are not there" % top)
    free = {"irq"} | {n for n in got if n.startswith("mem_")}
    case.equal(sorted(set(got) - set(mapped)), sorted(free), "%s: ports of no bus interface" % top)


def check_registers(case, top, document):
    want = make_registers.read()
    got = every(document, "register")
    case.equal([(text(r, "name"), int(text(r, "addressOffset")), text(r, "access")) for r in got],
               [(r.name, r.offset, ACCESS[r.access]) for r in want], "%s: registers" % top)
    for g, w in zip(got, want):
        fields = [(text(f, "name"), int(text(f, "bitOffset")), int(text(f, "bitWidth"))) for f in every(g, "field")]
        case.equal(fields, [f[:3] for f in w.fields] or [("VALUE", 0, 32)], "%s: fields of %s" % (top, w.name))


def check_parameters(case, top, document):
    found = {text(p, "name"): text(p, "value") for p in every(document, "parameter")}
    with open(case.path("out", "rtl", "ttfs_top.v"), encoding="utf-8") as f:
        chip = dict(re.findall(r"\.([A-Z_]+)\((\d+)\)", f.read()))
    case.equal({k: v for k, v in found.items() if k in chip}, chip, "%s: parameters of the chip" % top)
    case.equal(texts(document, "model/instantiations/componentInstantiation/moduleParameters/moduleParameter/name"),
               [p for p in ("STREAMS", "PRELOAD", "INIT_PREFIX") if p in found], "%s: parameters of the module" % top)


def check_files(case, top, document):
    names = [text(f, "name") for f in every(document, "file")]
    case.equal([n for n in names if not os.path.isfile(case.path("out", "ip", n))], [], "%s: files that are not there" % top)
    case.check("../rtl/ttfs_top.v" in names and top + ".v" in names and len(names) == len(set(names)), "%s: files %s" % (top, names))
    case.check(not any(n == other + ".v" for other in TOPS if other != top for n in names), "%s: another top among its files" % top)


def check_lint(case, top):
    p = subprocess.run([need("verilator"), "--lint-only", "-Wall", "-y", case.path("out", "rtl"), "-y", case.path("out", "ip"),
                        "-I" + case.path("out", "rtl"), "-I" + case.path("out", "ip"), "--top-module", top, case.path("out", "ip", top + ".v")],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    case.equal((p.returncode, complaints(p.stdout)), (0, ""), "%s: Verilator" % top)


def compile_block(case):
    case.good("compile", *NETWORK, "--chip", CHIP, "--ip-xact", "-o", "out")
    return {top: ET.parse(case.path("out", "ip", top + ".xml")).getroot() for top in TOPS}


def folders(case):
    """With the option the folder has the block, the same each time; without it all else, and nothing of the block."""
    case.good("compile", *NETWORK, "--chip", CHIP, "--ip-xact", "-o", "again")
    case.good("compile", *NETWORK, "--chip", CHIP, "-o", "without")
    first, again, without = (tree(case.path(f)) for f in ("out", "again", "without"))
    case.equal([n for n in sorted(first.keys() | again) if first.get(n) != again.get(n)], [], "files of two compilations that differ")
    manifest = "manifest.json"
    case.equal([n for n in sorted(first.keys() | without) if first.get(n) != without.get(n) and n != manifest and not n.startswith("ip" + os.sep)], [],
               "files that the option changes")
    case.check(not any(n.startswith("ip") for n in without), "a block that nobody asked for")
    with open(case.path("out", manifest), encoding="utf-8") as f:
        case.equal(json.load(f)["options"].get("ip_xact"), True, "the manifest's ip_xact")
    case.good("compile", NETWORK[0], "--weights-only", "out", "--calib", NETWORK[2], "-o", "kept")
    messages = os.path.join("report", "messages.json")  # they say where an input range is from
    kept = tree(case.path("kept"))
    case.equal([n for n in sorted(kept.keys() | first) if kept.get(n) != first.get(n) and n != messages], [], "files that --weights-only changes")
    case.good("compile", *NETWORK, "--chip", CHIP, "--ip-xact", "-o", "out")  # its own files are no foreign ones


def documents():
    case = Case()
    for top, document in compile_block(case).items():
        case.equal(text(document, "name"), top, "name")
        check_ports(case, top, document)
        check_registers(case, top, document)
        check_parameters(case, top, document)
        check_files(case, top, document)
        check_lint(case, top)
    folders(case)
    return case


def schema():
    path = os.environ.get("TTFS_TEST_IPXACT") or skip("TTFS_TEST_IPXACT names no schema of IEEE 1685-2014")
    path = os.path.join(path, "index.xsd") if os.path.isdir(path) else path
    try:
        from lxml import etree
    except ImportError:
        skip("no lxml")
    case = Case()
    compile_block(case)
    rules = etree.XMLSchema(etree.parse(path))
    for top in TOPS:
        document = etree.parse(case.path("out", "ip", top + ".xml"))
        rules.validate(document)
        case.equal([str(e) for e in rules.error_log], [], "%s against the schema" % top)
        document.find(".//" + SPACE + "addressOffset").tag = SPACE + "offset"
        case.check(not rules.validate(document), "%s: a wrong element is not noticed" % top)
        ipyxact(case, top)
    systemrdl(case)
    return case


def systemrdl(case):
    try:
        from systemrdl import RDLCompiler
    except ImportError:
        case.left_out("SystemRDL, for there is no systemrdl-compiler")
        return
    compiler = RDLCompiler()
    compiler.compile_file(case.path("out", "ip", "ttfs_registers.rdl"))
    got = [(r.inst_name, r.absolute_address, [(f.inst_name, f.low, f.width) for f in r.fields()]) for r in compiler.elaborate().top.registers()]
    case.equal(got, [(r.name, r.offset, [f[:3] for f in r.fields] or [("VALUE", 0, 32)]) for r in make_registers.read()], "registers by systemrdl-compiler")
    print("%d registers by systemrdl-compiler" % len(got))


def ipyxact(case, top):
    try:
        from ipyxact.ipyxact import Component
    except ImportError:
        case.left_out("%s read by another program, for there is no ipyxact" % top)
        return
    component = Component()
    component.load(case.path("out", "ip", top + ".xml"))
    registers = component.memoryMaps.memoryMap[0].addressBlock[0].register
    case.equal([r.name for r in registers], [r.name for r in make_registers.read()], "%s: registers by ipyxact" % top)
    case.check(len(component.busInterfaces.busInterface) == (3 if top == "ttfs_axi" else 1), "%s: bus interfaces by ipyxact" % top)
    print("%s: %d registers, %d ports by ipyxact" % (top, len(registers), len(component.model.ports.port)))


sys.exit((schema() if sys.argv[1:] == ["schema"] else documents()).done())
