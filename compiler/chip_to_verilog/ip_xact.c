/* SPDX-License-Identifier: Apache-2.0
 *
 * IP-XACT of a top, IEEE 1685-2014: bus interfaces, the registers of hw/registers.def, ports,
 * parameters, files. AXI's bus definitions are those that Arm publishes (amba.com); Wishbone has no
 * published ones, its logical names are the signals of its revision B4. Order of elements is the
 * schema's.
 */
#include "ip.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    TtfsBuf *out;
    const char *open[16]; /* elements */
    uint32_t depth;
} Xml;

static void indent(const Xml *x) {
    for (uint32_t i = 0; i < x->depth; i++) ttfs_buf_puts(x->out, "  ");
}

static void begin(Xml *x, const char *name) {
    indent(x);
    ttfs_buf_printf(x->out, "<ipxact:%s>\n", name);
    x->open[x->depth++] = name;
}

static void end(Xml *x) {
    x->depth--;
    indent(x);
    ttfs_buf_printf(x->out, "</ipxact:%s>\n", x->open[x->depth]);
}

static void escaped(TtfsBuf *out, const char *text) {
    for (; *text; text++)
        if (*text == '&')
            ttfs_buf_puts(out, "&amp;");
        else if (*text == '<')
            ttfs_buf_puts(out, "&lt;");
        else if (*text == '>')
            ttfs_buf_puts(out, "&gt;");
        else
            ttfs_buf_printf(out, "%c", *text);
}

static void leaf(const Xml *x, const char *name, const char *text) {
    if (!text) return;
    indent(x);
    ttfs_buf_printf(x->out, "<ipxact:%s>", name);
    escaped(x->out, text);
    ttfs_buf_printf(x->out, "</ipxact:%s>\n", name);
}

static void number(const Xml *x, const char *name, uint32_t value) {
    char text[12];
    snprintf(text, sizeof text, "%u", value);
    leaf(x, name, text);
}

/* <name> that refers to a part by the part's own name. */
static void refer(Xml *x, const char *name, const char *to) {
    begin(x, name);
    leaf(x, "localName", to);
    end(x);
}

/* --- bus interfaces --- */

typedef struct {
    TtfsIp of;
    int bus;
    const char *name, *doc, *vendor, *library, *type, *version, *mode;
    bool registers, amba;
} Bus;

static const Bus buses[] = {
    {TTFS_IP_AXI, 0, "S_AXI", "registers", "amba.com", "AMBA4", "AXI4Lite", "r0p0_0", "slave", true,
     true},
    {TTFS_IP_AXI, 1, "S_AXIS", "samples: a packet each, a flit a beat", "amba.com", "AMBA4",
     "AXI4Stream", "r0p0_1", "slave", false, true},
    {TTFS_IP_AXI, 2, "M_AXIS", "readouts: a packet a sample, a flit a beat", "amba.com", "AMBA4",
     "AXI4Stream", "r0p0_1", "master", false, true},
    {TTFS_IP_WISHBONE, 0, "WB", "registers", "opencores.org", "interface", "wishbone", "b4",
     "slave", true, false},
};
enum { BUSES = sizeof buses / sizeof *buses };

static void put_reference(const Xml *x, const char *name, const Bus *b, const char *rtl) {
    indent(x);
    ttfs_buf_printf(x->out,
                    "<ipxact:%s vendor=\"%s\" library=\"%s\" name=\"%s%s\" version=\"%s\"/>\n",
                    name, b->vendor, b->library, b->type, rtl, b->version);
}

static void put_map(Xml *x, const TtfsIpPort *p) {
    begin(x, "portMap");
    begin(x, "logicalPort");
    leaf(x, "name", p->logical);
    end(x);
    begin(x, "physicalPort");
    leaf(x, "name", p->name);
    end(x);
    end(x);
}

/* Clock and reset of an AXI top are no interface's own and part of each. */
static void put_maps(Xml *x, const Bus *b, const TtfsIpPort *ports, uint32_t n) {
    begin(x, "portMaps");
    for (uint32_t i = 0; i < n; i++)
        if (ports[i].bus == b->bus || (b->amba && ports[i].bus < 0 && ports[i].logical))
            put_map(x, &ports[i]);
    end(x);
}

static void put_mode(Xml *x, const Bus *b) {
    indent(x);
    if (b->registers)
        ttfs_buf_printf(x->out,
                        "<ipxact:%s>\n%*s<ipxact:memoryMapRef memoryMapRef=\"registers\"/>\n"
                        "%*s</ipxact:%s>\n",
                        b->mode, (int)(2 * x->depth + 2), "", (int)(2 * x->depth), "", b->mode);
    else
        ttfs_buf_printf(x->out, "<ipxact:%s/>\n", b->mode);
}

static void put_bus(Xml *x, const Bus *b, const TtfsIpPort *ports, uint32_t n) {
    begin(x, "busInterface");
    leaf(x, "name", b->name);
    leaf(x, "description", b->doc);
    put_reference(x, "busType", b, "");
    begin(x, "abstractionTypes");
    begin(x, "abstractionType");
    put_reference(x, "abstractionRef", b, "_rtl");
    put_maps(x, b, ports, n);
    end(x);
    end(x);
    put_mode(x, b);
    end(x);
}

/* --- registers --- */

typedef struct {
    const char *name;
    uint32_t offset;
    const char *access, *doc;
} Register;

typedef struct {
    const char *of, *name;
    uint32_t lsb, bits;
    const char *doc;
} Field;

static const Register registers[] = {
#define TTFS_BUS_REGISTER(NAME, offset, access, doc) {#NAME, offset, #access, doc},
#define TTFS_BUS_FIELD(REGISTER, NAME, lsb, bits, doc)
#include "registers.def"
#undef TTFS_BUS_REGISTER
#undef TTFS_BUS_FIELD
};
static const Field fields[] = {
#define TTFS_BUS_REGISTER(NAME, offset, access, doc)
#define TTFS_BUS_FIELD(REGISTER, NAME, lsb, bits, doc) {#REGISTER, #NAME, lsb, bits, doc},
#include "registers.def"
#undef TTFS_BUS_REGISTER
#undef TTFS_BUS_FIELD
};
enum { REGISTERS = sizeof registers / sizeof *registers, FIELDS = sizeof fields / sizeof *fields };

static bool is(const char *access, const char *word) {
    return strcmp(access, word) == 0;
}

static const char *access_of(const char *access) {
    if (is(access, "WO")) return "write-only";
    return is(access, "RO") || is(access, "TAKE") ? "read-only" : "read-write";
}

static void put_field(Xml *x, const char *access, const Field *f) {
    begin(x, "field");
    leaf(x, "name", f->name);
    leaf(x, "description", f->doc);
    number(x, "bitOffset", f->lsb);
    number(x, "bitWidth", f->bits);
    leaf(x, "volatile", is(access, "RW") ? "false" : "true");
    leaf(x, "access", access_of(access));
    if (is(access, "W1C")) leaf(x, "modifiedWriteValue", "oneToClear");
    if (is(access, "WINDOW") || is(access, "TAKE")) leaf(x, "readAction", "modify");
    end(x);
}

/* Of a register without fields its whole word is one. */
static void put_register(Xml *x, const Register *r) {
    const Field whole = {r->name, "VALUE", 0, 32, NULL};
    uint32_t own = 0;
    begin(x, "register");
    leaf(x, "name", r->name);
    leaf(x, "description", r->doc);
    number(x, "addressOffset", r->offset);
    number(x, "size", 32);
    leaf(x, "access", access_of(r->access));
    for (int i = 0; i < FIELDS; i++)
        if (is(fields[i].of, r->name)) {
            put_field(x, r->access, &fields[i]);
            own++;
        }
    if (own == 0) put_field(x, r->access, &whole);
    end(x);
}

static void put_registers(Xml *x) {
    begin(x, "memoryMaps");
    begin(x, "memoryMap");
    leaf(x, "name", "registers");
    begin(x, "addressBlock");
    leaf(x, "name", "registers");
    number(x, "baseAddress", 0);
    number(x, "range", 256);
    number(x, "width", 32);
    leaf(x, "usage", "register");
    for (int i = 0; i < REGISTERS; i++) put_register(x, &registers[i]);
    end(x);
    number(x, "addressUnitBits", 8);
    end(x);
    end(x);
}

/* --- ports, parameters --- */

static void put_port(Xml *x, const TtfsIpPort *p) {
    begin(x, "port");
    leaf(x, "name", p->name);
    leaf(x, "description", p->doc);
    begin(x, "wire");
    leaf(x, "direction", p->out ? "out" : "in");
    if (p->bits) {
        begin(x, "vectors");
        begin(x, "vector");
        number(x, "left", p->bits - 1);
        number(x, "right", 0);
        end(x);
        end(x);
    }
    end(x);
    end(x);
}

typedef struct {
    bool axi; /* of that top alone */
    const char *name, *value, *attributes, *doc;
} Parameter;

static const Parameter own[] = {
    {true, "STREAMS", "1", " resolve=\"user\" type=\"int\" minimum=\"0\" maximum=\"1\"",
     "1: samples and readouts by the streams; 0: by registers"},
    {false, "PRELOAD", "0", " resolve=\"user\" type=\"int\" minimum=\"0\" maximum=\"1\"",
     "1: memories begin as files say"},
    {false, "INIT_PREFIX", "\"\"", " resolve=\"user\" type=\"string\"",
     "what those files' paths begin with"},
};
enum { OWN = sizeof own / sizeof *own };

static bool has(TtfsIp ip, const Parameter *p) {
    return !p->axi || ip == TTFS_IP_AXI;
}

static void put_parameter(Xml *x, const char *attributes, const char *name, const char *doc,
                          const char *value) {
    indent(x);
    ttfs_buf_printf(x->out, "<ipxact:parameter parameterId=\"%s\"%s>\n", name, attributes);
    x->open[x->depth++] = "parameter";
    leaf(x, "name", name);
    leaf(x, "description", doc);
    leaf(x, "value", value);
    end(x);
}

/* What a user of the block may set, and what the chip is and stays. */
static void put_parameters(Xml *x, TtfsIp ip, const TtfsChip *chip) {
    const TtfsKey *k = ttfs_chip_keys.at;
    char text[32];
    begin(x, "parameters");
    for (int i = 0; i < OWN; i++)
        if (has(ip, &own[i]))
            put_parameter(x, own[i].attributes, own[i].name, own[i].doc, own[i].value);
    for (size_t i = 0; i < ttfs_chip_keys.len; i++) {
        if (!*k[i].verilog) continue;
        snprintf(text, sizeof text, "%.0f", ttfs_key_get(&k[i], chip));
        put_parameter(x, " type=\"int\"", k[i].verilog, k[i].doc, text);
    }
    end(x);
}

static void put_module_parameters(Xml *x, TtfsIp ip) {
    begin(x, "moduleParameters");
    for (int i = 0; i < OWN; i++) {
        if (!has(ip, &own[i])) continue;
        begin(x, "moduleParameter");
        leaf(x, "name", own[i].name);
        leaf(x, "value", own[i].name);
        end(x);
    }
    end(x);
}

static void put_model(Xml *x, TtfsIp ip, const TtfsIpPort *ports, uint32_t n) {
    begin(x, "model");
    begin(x, "views");
    begin(x, "view");
    leaf(x, "name", "rtl");
    leaf(x, "componentInstantiationRef", "verilog");
    end(x);
    end(x);
    begin(x, "instantiations");
    begin(x, "componentInstantiation");
    leaf(x, "name", "verilog");
    leaf(x, "language", "Verilog");
    leaf(x, "moduleName", ttfs_ip_name(ip));
    put_module_parameters(x, ip);
    refer(x, "fileSetRef", "rtl");
    end(x);
    end(x);
    begin(x, "ports");
    for (uint32_t i = 0; i < n; i++) put_port(x, &ports[i]);
    end(x);
    end(x);
}

/* --- files --- */

static bool ends_in(const char *name, const char *ending) {
    size_t n = strlen(name), m = strlen(ending);
    return n > m && strcmp(name + n - m, ending) == 0;
}

static void put_file(Xml *x, const char *folder, const char *name, const char *type) {
    bool header = !ends_in(name, ".v");
    indent(x);
    ttfs_buf_puts(x->out, "<ipxact:file>\n");
    x->open[x->depth++] = "file";
    indent(x);
    ttfs_buf_printf(x->out, "<ipxact:name>%s%s</ipxact:name>\n", folder, name);
    leaf(x, "fileType", type);
    if (header) leaf(x, "isIncludeFile", "true");
    end(x);
}

/* Headers first, then modules; of the tops only this one. */
static void put_verilog(Xml *x, TtfsIp ip, const char *folder, const TtfsFileSet *set) {
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < set->files.len; i++) {
            const char *name = set->files.at[i].name, *other = ttfs_ip_name(TTFS_IP_AXI + 1 - ip);
            bool rival = strncmp(name, other, strlen(other)) == 0 && name[strlen(other)] == '.';
            if (ends_in(name, pass ? ".v" : ".vh") && !rival)
                put_file(x, folder, name, "verilogSource");
        }
}

static void put_files(Xml *x, TtfsIp ip, const TtfsFileSet *verilog, const TtfsFileSet *files) {
    begin(x, "fileSets");
    begin(x, "fileSet");
    leaf(x, "name", "rtl");
    put_verilog(x, ip, "../rtl/", verilog);
    put_verilog(x, ip, "", files);
    end(x);
    begin(x, "fileSet");
    leaf(x, "name", "software");
    put_file(x, "", "ttfs_registers.h", "cSource");
    end(x);
    end(x);
}

void ttfs_ip_xact(TtfsIp ip, const TtfsChip *chip, const TtfsFileSet *verilog,
                  const TtfsFileSet *files, TtfsBuf *out) {
    static const char space[] = "http://www.accellera.org/XMLSchema/IPXACT/1685-2014";
    TtfsIpPort ports[TTFS_IP_MOST_PORTS];
    uint32_t n = ttfs_ip_ports(ip, chip, ports);
    Xml document = {.out = out, .open = {"component"}, .depth = 1}, *x = &document;
    ttfs_buf_printf(out,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<!-- SPDX-License-Identifier: Apache-2.0\n"
                    "     %s.v beside this file, made by ttfs for a chip. -->\n"
                    "<ipxact:component xmlns:ipxact=\"%s\"\n"
                    "    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n"
                    "    xsi:schemaLocation=\"%s %s/index.xsd\">\n",
                    ttfs_ip_name(ip), space, space, space);
    leaf(x, "vendor", "ttfs");
    leaf(x, "library", "ttfs");
    leaf(x, "name", ttfs_ip_name(ip));
    leaf(x, "version", TTFS_VERSION);
    begin(x, "busInterfaces");
    for (int i = 0; i < BUSES; i++)
        if (buses[i].of == ip) put_bus(x, &buses[i], ports, n);
    end(x);
    put_registers(x);
    put_model(x, ip, ports, n);
    put_files(x, ip, verilog, files);
    leaf(x, "description", "Networks of time-to-first-spike neurons, exact to the integer");
    put_parameters(x, ip, chip);
    end(x);
}
