"""HDF5 files as netCDF reads them, made with h5py 3.16: an array v of 10 x 10 bytes, on axes lat and lon.

WHOLE holds it in blocks, with many attributes and text of any length; the others keep it elsewhere.
"""

import base64
import zlib

ELSEWHERE = b"/" + b"x" * 199  # the file that EXTERNAL_STORAGE reads


def unpacked(text: str) -> bytes:
    """The file."""
    return zlib.decompress(base64.b85decode(text))


# create_dataset(..., external=[(ELSEWHERE, 0, 100)])
EXTERNAL_STORAGE = unpacked(
    "c-"
    "rll&2G~`5P)axG_``OHbsKKDMxNpkV9{7lx%6F)QRFAxHXYt+DMQ}wTt=)<qaTDz$26!N08ve1#U=42qYeWTUhVTCeD%+Dg_Cp^I"
    "gWfJ3F3P&;I$@PIY@FcRL3OjsqE3gET_~?igjHjgp}}L;2Fu^-"
    "Q)Eus)CWO})Jq=ZW^vK)+`rqhtYytH=&7Hxu~~%SDuLtVzAcomk1EzLZam{M@|cdl|T@FB(|G{B7q|`Lm&KiwsRv^F<FFS+fPDYf"
    "u{6s(ne+CheAGNsA6<w9QZ*niKY1*g!wBLcxKPelLzh`MT)6l8UPv9vp{ZwBJ8Ejt{5wtJKRuko1!=jQdq<yW9_I4SzqVl<RyH-"
    "&q#toe^K)H>ylT>FDoZUp#(#H91|nSWnOEZ`rGn&$IGsYkl5%)x30Gxl{5g>_jolA+OG7<dusX43m*K;FotfpxsQ$uAbk2t&i&f!"
    "|~A#O!rsA1v%88C2iq9n~2ewI_}HDE<+u;^Wg+=jCi}C>-"
    "BfiJ6_kAKgz&Qv~xIW*_=xrzJHhS!yCLv`0hQDeD&^2zId38*#618C+k0W&t>^7%2%FgcYyT+)GJ{>ZAaTJ;d>77z1k1$7wvomK@"
    "bG-"
    "@9tF}jeAmY@;3n7JzWgO=gl_8yDCmth17YqUJLdBZsA$)CZ63GQzN6Vn^t<f3ghQ=*^*^d(EZJGr3>dHKVqTV;@iB%{R&4vZdl5X"
    "ZYS<UVf@GMsr~Kto`n6Vho|4)&!5xoX_?f`TKmh4yfE))iy9xJrGX%b1?NGfQD><ib<9{#_5VG~s5k%Ty<VlUBnW~a2!bF8f*^?h"
    "m0!3eE=B"
)

# create_virtual_dataset
VIRTUAL = unpacked(
    "c-rlj&2G~`5P)ZGr<l}L!;eDXR5)=$RS5@9CQ4iyktS8#LnRI+QkEuaNu<~mUV$SA{=%h?0pbY|aN>lxR6;^R;vI^2J>%M|1Qe-o"
    "K>JCKGdn*!Gaj$}WUaQkkiV1%fo+2Y1xRy*9F(#$>F>esX|2`ThI43Kk&<aDVO8=5Frl9-ieF|?7;~=^-"
    "eK{7(y>H09NaZfcRtpk2yFiYZMg-1k*CjIJZIp<$zx&#Y~@$1;!yE1p(IVuEV*FIm0M7rhw>3-oQqb4-Y^Uq(T4aLm<-"
    "KfBNNYo<+x^;iwtadIOvB#B%h1C7mm|{F5ek(9&8VWqp&x@uiB{izVMSZ9Q)Pk>t55Zx0>62wbJmC`gSqjWu?Ap{dku<>3(d?+z)"
    "3$KX@ky;RO2edP+YWxQcOeGH$c7?g7TNQgNeEpUr+aK)X|!elzlq+XZ>FpLRE+{8^?(JKJ}Y`X1M5nFluQBsh!qLRz^wzw6-"
    "Pz+f@*D5d(<sQa4$7jdr(xD#V>9C~+?cR0FeCsUCvoUBPOoDYht*6YBVB)>4SZF{R;+iO-m%&%y~k-"
    "MF+6Y%hlX8_gF?LXjyppQ?5x;ULeQpZvzUj~r5Cnwo|ULOO^KjYI!!B2PmO7O$IFZu3Xmwa>as7C!4cSWv$c3(>QJ>K8CYTPldkI"
    "}A-"
    "eiVn|mT{jQ+?Vp8ylz)p4VHSxX*f1PnI66u@JBs9;@5gNU_Uu1Aa$6KTvBAgX}lg6FAwRUNe?%Dd|1jleRvRCi+ZLs8jVJy(P%Up"
    "jYgxHm0!vp(*g"
)

# ExternalLink("elsewhere.h5", "/v")
LINK = unpacked(
    "c-"
    "rgqaB<`1lHy_j0S*oZ76t(ZWbhvf7I2{QVe$!3nh{EOK<O1sFmX1poCH){0BZgVHVD4~DjpK#>Izc*9}U3lF<^n|9|a>3c(^(Sfa"
    "nM)AC{g@Frli;Ni2cT`FSYm(t%8S85uYsW-!9|5StkpAp%@bbugM4C=ZemRIq2@fZA-"
    "r&0zAM86wXL6a~pMF)@J+;DDOP%m`J^5P)Jo4}$?bA8`O-"
    "X<lYYF_13|)Xj_Jzm(MUqSVyl_`Lk0k_;^RoP8XFgF*VBc?hP@#nac-FWA%HFFx4W(Z>~@KRclL(*P|zg8lqm7#Wygj%83_#vgvL"
    "{93^}nuZ4^T?LSwu6VGdtJK8e5(X-ys~tGf6%T_3)Ld4uxqgnmt_)CfS&+<y<!_?ZL(2gsc!`0%hT(#S9}KWT-"
    "OI?p473uF%8|wM^AM?;4HkbK4vb}j3=F9`#i`{PsYR)J8Kw;SWrH>yo;?EsZ|rBy1c8_KX<+co-"
    "WUuX+e1`6fXd&rHv)@awx0p!pM=so?a|Gh1r?tKRc8X#2Qvp|t_jqhbf~>Bcfi~Q0ImMDmH"
)

# the same beside ten soft links: in a heap
LINK_AMONG_MANY = unpacked(
    "c-rk)O-NKx6h3d>d-"
    "I<2L;mz@8xt!f%1Otpg*<1RnMN9Q@VQ8YOz^3d%!D&pB(@167ZF6687+dSjGz{R4H2!wY!d_)f*Aybt7s!F?7sUqZ^R-"
    "&0^xlyoO{0e-E+^Jdl}B1k!UF5brrk7gsOrB`C!E|1#Dj7Q=Ejqqa_+@b$I3-rPvd_l&+A7eM#+SYF!Qx@Zbq-"
    "D8$Nk3=5D)k|*B)neD_1gm6(Uvm%-"
    "|X9`L*P%%>vemD4+MKUiV)|_`Z95{eV<B0;5Lp&!35BTW5P9#v_T;fzZh5RD4+M7)ax{cle!$@@|k^||!Rn|4c0=jOlL!W%hx=>?"
    "NxLI#(Y3|e;0<kcfBUj}N&DXc0CjYM<@io`Ovr0XTu2dS<p&obtP!A83)3`E@+Z<>L1C1+L;`Vo?*QQS<u#M<?7!;WnI|FdkR6P3"
    "rp>92Hc%(HN2gNME^%sKu9Av1^wnwU5OX2;;-6YFO@;ysTTgbS}4<^nA+oB;<8l-"
    "cZr&!)Dvpv`@#`UFkta6&FO<2XU&#L@2LlqGnsUVZHW7cM~io*qz37eUwCtVD=cJ`Jw8ElJ1Kps8uQ-TFVZG+o&KX$?r9@chD?1E"
    "`L{P?Q7436XB*rixG>_fw?uyAoS2>F7^mhRp^1Xr-&p>pFYB=K<O`P?<wg0;SPBTr$kU{+{(?(`H)V!_;=`>!E@hl_*5pWq%I-"
    "h5G51U77N%)B+RsEyw-@lET&_^MT7e9?$%p3cu|RhWOTjbZ-{wHa+?+;Pf}Q=Ol#V{uqqKi#L7?#uFEdD$mq!-"
    "fqTHf*dvaGUDnE@>%w-%Gkt-iecbQe-"
    "Y^TP5a_&Xhd>XwS++lLk~_F6mNL=8|SOkGZ5{W)DN!HM^Nh8e<Q0N$)HFQbhYW*Z!=FhJyUx7!%Kw$8`etMf4aw#@_Fez}aM?gWd"
    "|kBe44+r;<Hsp9Ga?5u!yaeUQ_Vm9FBnY^AF??X=Q<PAgWrhSRE*KE&xfD_zTJmz6%uX}6U=!svQ---"
    "N*e^s?+v8Rz?q0pmbl4O9+p-1GkpGK2za"
)

# create_dataset(..., chunks=(5, 5))
WHOLE = unpacked(
    "c-rln%Wu<29LImQ^KcTkO=*F`sc>Nhdnj#qokG<bS_o}v3ao?#4a9}+LIRDq__(JP<^3#BE*$s+cnUb~5dji{-"
    "DUSySRO*+0OEB7d;A+`GQ?n{qLt8mrPlpD=HuV|;<yuM#=1IJ)Wm1U!I7#$2$I0+1Iqfb(x&l2_`G_%I{Rg9Ql3jJMd7f#;xb51J"
    "Tk-iErlpX*^x6>OYYw^CV8=9VWW((MmL5gNTavtDSv`*sG}!OjZ2`p#baSfY~}U&u06?(QJ{&W);Fg?C7$JwN<iuZRvfmyPF$8{L"
    "R9U1GETyD=&Rsq(BjS+B6flbzZQngl5IEGqif1#LEhLlVi={(h2n_0y~?<bOnWx#j3aX>kL&DSqxWRHdwVu#JK8h4H@{!7-"
    "WG0te*HMTV5<Ak_tpK-s`SIil}wm|ew_8`hXy|&H%z!a?Q3*EZiwO9m-^S`7Ymp-"
    "jrjgiX#a7%+b)P>zTc77zZ9?6-+=48;(`*;Ol(P_=W*ha-NzxjbOY#{)_Z+qh2B)c_#?UVTkiF_(atUuO~dKgEE}Ax=(P&WW#ra4"
    "8$4e%&cXm3iQ&jToYnvwnc*ltoVEZQh2eyJIH>@f5W@-ka25sNgc(l6hqE{UC&F-"
    "|KAa^1I8lb9`f!#8;HV5I=EGSQfD>alal#p7I8CspIFc`Yj)QL?nYoVm>r&(F#8m&|x^vsni}b`9N6*tkL{HOgME|AnR*mt0)2+m"
    "RKYg0mH}QBQ&2uNvKY@8E97j2no5J&K!}HQQXkFH(t%Lb3Lk}N4efXrIetN^HBgZ%N4cxo?=e@t}`(3>}&rUG5KAU_zGub$8{KT>"
    "GqwChMU6+0E*Zn0eA!zzpK5uPmYhAo>(dCO*FYnn^djIlGT-D;WWBU$`9aLcL{%FijxOU;nrBQQabobkLuin0{t4SQ*d!V-"
    "~vnm1`9!Gx%At50lA))U~1O2)#*-"
    "J+LgZP{;j5~)Px%j*=XaB+Fg?)IBeDe5wC06}>VP^3pBqSsxBqSsxH1%59(VHP_tz`9em&~olEV_Q<;uZ!%T-"
    "?F{UDt)meiDdq>plwuQM4nh-"
    "=dG)%5e(=bUCS3`YrlUJjVIyJQCdew%}3Y{5d?<a_6C6X4P?i`bCzv&aM^Lnvjr?kdTm&kdTm&kkJ1pXG@m^pKfX?Z-"
    "S|_V@=E^xlDI<0ALo5nTaEUY=Wuf>^fq*o6G2Uelwc}*S$JSJGWn7q4(=O9Xi%ALw4)P=geHmFuyooT5o=Mr%@;k<CeSf=XO6Oy="
    "NEA74=Hoa{_Ohs^|Yc=SS_2>UUH#"
)
